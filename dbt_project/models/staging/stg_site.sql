{{ stage('site') }}
