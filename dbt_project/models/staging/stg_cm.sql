{{ stage('cm') }}
