{{ stage('ds') }}
