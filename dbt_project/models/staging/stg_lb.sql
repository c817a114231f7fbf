{{ stage('lb') }}
